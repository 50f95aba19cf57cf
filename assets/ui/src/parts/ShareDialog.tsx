import { asApiError } from "../api/error";
import { useMembers } from "../api/members";
import { type Shared, useShare, useShares } from "../api/shares";
import type { Share, Shares } from "../api/types";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { Field } from "../ui/Field";
import { Select } from "../ui/Input";
import { QueryError } from "../ui/QueryError";
import { Skeleton } from "../ui/Skeleton";
import styles from "./ShareDialog.module.css";
import { ShareRow } from "./ShareRow";
import { ShareWorkspaces } from "./ShareWorkspaces";

const VISIBILITY = [
  { value: "workspace", label: t.team.shareAll },
  { value: "private", label: t.team.shareFew },
];

interface ShareDialogProps {
  thing: Shared & { name: string };
  onClose: () => void;
}

/** Who sees a workflow or a connection and what they may do with it; each choice is saved at once. */
export function ShareDialog({ thing, onClose }: ShareDialogProps) {
  const shares = useShares(thing);
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.team.shareTitle(thing.name)}
      text={t.team.shareText[thing.kind]}
    >
      {shares.error && !shares.data ? (
        <QueryError
          title={t.team.shareLoadFailed}
          error={shares.error}
          onRetry={() => shares.refetch()}
        />
      ) : null}
      {shares.isPending ? <Skeleton rows={3} /> : null}
      {shares.data ? <Form thing={thing} shares={shares.data} /> : null}
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          {t.ui.close}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Form({ thing, shares }: { thing: Shared; shares: Shares }) {
  const members = useMembers();
  const share = useShare(thing);
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
          title={t.team.shareFailed[thing.kind]}
          text={refusal.status === 412 ? t.team.shareStale : refusal.message}
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
                name={s.name || s.email || s.user_id}
                level={s.level}
                levels={t.team.shareLevels[thing.kind]}
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
      {thing.kind === "connection" ? (
        <ShareWorkspaces
          workspaces={shares.workspaces}
          busy={share.isPending}
          onChange={(workspace_ids) => share.mutate({ workspace_ids, etag: shares.etag })}
        />
      ) : null}
    </div>
  );
}
