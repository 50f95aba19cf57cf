import { X } from "lucide-react";
import { asApiError } from "../../api/error";
import { useMembers } from "../../api/members";
import type { Share, Workflow } from "../../api/types";
import { useShare, useShares } from "../../api/workflows";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Select } from "../../ui/Input";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./ShareDialog.module.css";

type Shares = NonNullable<ReturnType<typeof useShares>["data"]>;

const VISIBILITY = [
  { value: "workspace", label: t.team.shareAll },
  { value: "private", label: t.team.shareFew },
];

/** Who sees a workflow and what they may do with it; each choice is saved at once. */
export function ShareDialog({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const shares = useShares(workflow.id);
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.team.shareTitle(workflow.name)}
      text={t.team.shareText}
    >
      {shares.error && !shares.data ? (
        <QueryError
          title={t.team.shareLoadFailed}
          error={shares.error}
          onRetry={() => shares.refetch()}
        />
      ) : null}
      {shares.isPending ? <Skeleton rows={3} /> : null}
      {shares.data ? <Form id={workflow.id} shares={shares.data} /> : null}
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          {t.ui.close}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Form({ id, shares }: { id: string; shares: Shares }) {
  const members = useMembers();
  const share = useShare(id);
  const refusal = share.error ? asApiError(share.error) : undefined;
  const listed = shares.items.map(({ user_id, level }) => ({ user_id, level }));
  const save = (next: { user_id: string; level: Share["level"] }[]) =>
    share.mutate({ shares: next, etag: shares.etag });
  const others =
    members.data?.filter(
      (m) => m.user_id !== shares.created_by && !listed.some((s) => s.user_id === m.user_id),
    ) ?? [];
  const choices = [
    { value: "", label: t.team.shareChoose },
    ...others.map((m) => ({ value: m.user_id, label: m.name || m.email || m.user_id })),
  ];
  return (
    <div className={styles.form}>
      {refusal ? (
        <ErrorPanel
          title={t.team.shareFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <Field label={t.team.share}>
        {(control) => (
          <Select
            {...control}
            value={shares.visibility}
            options={VISIBILITY}
            disabled={share.isPending}
            onChange={(e) =>
              share.mutate({
                visibility: e.target.value as Shares["visibility"],
                etag: shares.etag,
              })
            }
          />
        )}
      </Field>
      {shares.visibility === "private" ? (
        <>
          {shares.items.length === 0 ? <p>{t.team.shareNobody}</p> : null}
          <ul className={styles.list}>
            {shares.items.map((s) => (
              <ShareRow
                key={s.user_id}
                share={s}
                onLevel={(level) =>
                  save(listed.map((x) => (x.user_id === s.user_id ? { ...x, level } : x)))
                }
                onDrop={() => save(listed.filter((x) => x.user_id !== s.user_id))}
              />
            ))}
          </ul>
          <Field label={t.team.shareAdd}>
            {(control) => (
              <Select
                {...control}
                value=""
                options={choices}
                disabled={share.isPending}
                onChange={(e) => save([...listed, { user_id: e.target.value, level: "view" }])}
              />
            )}
          </Field>
        </>
      ) : null}
    </div>
  );
}

interface ShareRowProps {
  share: Share;
  onLevel: (level: Share["level"]) => void;
  onDrop: () => void;
}

function ShareRow({ share, onLevel, onDrop }: ShareRowProps) {
  const name = share.name || share.email || share.user_id;
  return (
    <li className={styles.row}>
      <span className={styles.name}>{name}</span>
      <Select
        compact
        aria-label={t.team.shareLevelOf(name)}
        value={share.level}
        options={t.team.shareLevels}
        onChange={(e) => onLevel(e.target.value as Share["level"])}
      />
      <Button
        size="sm"
        look="ghost"
        icon={<X size={14} aria-hidden />}
        label={t.team.shareDrop(name)}
        onClick={onDrop}
      />
    </li>
  );
}
