import { useMe } from "../../api/session";
import { t } from "../../text/en";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { Segmented } from "../../ui/Segmented";
import { setLook, useLook } from "../../ui/theme";
import { NameForm } from "./NameForm";
import styles from "./page.module.css";
import { useUpdateMe } from "./queries";

const THEMES = [
  { value: "system", label: t.shell.themeSystem },
  { value: "light", label: t.shell.themeLight },
  { value: "dark", label: t.shell.themeDark },
] as const;

const DENSITIES = [
  { value: "comfortable", label: t.shell.comfortable },
  { value: "compact", label: t.shell.compact },
] as const;

export function ProfileSection() {
  const me = useMe();
  const look = useLook();
  const update = useUpdateMe();
  return (
    <>
      <p className={styles.lead}>{t.settings.profileText}</p>
      <Card title={t.settings.profile}>
        <NameForm
          label={t.settings.name}
          name={me.name}
          busy={update.isPending}
          save={(name, done) => update.mutate({ name }, done)}
        >
          <Field label={t.settings.email}>
            {(control) => <Input {...control} value={me.email} readOnly />}
          </Field>
        </NameForm>
      </Card>
      <Card title={t.settings.appearance}>
        <div className={styles.facts}>
          <span aria-hidden>{t.shell.theme}</span>
          <Segmented
            label={t.shell.theme}
            value={look.theme}
            options={THEMES}
            onChange={(theme) => setLook({ theme })}
          />
          <span aria-hidden>{t.shell.density}</span>
          <Segmented
            label={t.shell.density}
            value={look.density}
            options={DENSITIES}
            onChange={(density) => setLook({ density })}
          />
        </div>
      </Card>
    </>
  );
}
