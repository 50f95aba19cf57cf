import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { asApiError } from "../../api/error";
import { keys } from "../../api/keys";
import { useSwitchWorkspace } from "../../api/session";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { toast } from "../../ui/Toast";
import styles from "./JoinOffer.module.css";

/** The workspace that the person may join by the domain of their address. Nothing while there is none: it is no reason to wait. */
export function JoinOffer() {
  const client = useQueryClient();
  const switchTo = useSwitchWorkspace();
  const offers = useQuery({
    queryKey: keys.joinOffers,
    queryFn: () => data(api.GET("/api/v1/join-offers")),
  });
  const answer = useMutation({
    mutationFn: ({ id, accept }: { id: string; accept: boolean }) =>
      data(api.POST("/api/v1/join-offers/{id}", { params: { path: { id } }, body: { accept } })),
    onSuccess: ({ id, is_member }) => {
      if (is_member) {
        switchTo(id);
        return;
      }
      toast({ tone: "success", title: t.domains.offerDeclined });
      void client.invalidateQueries({ queryKey: keys.joinOffers });
    },
    onError: (thrown) =>
      toast({ tone: "danger", title: t.domains.offerFailed, text: asApiError(thrown).message }),
  });
  return offers.data?.items.map(({ id, workspace, domain, role }) => (
    <Card key={id} title={t.domains.offer(workspace)}>
      <p className={styles.text}>{t.domains.offerText(domain, role)}</p>
      <div className={styles.answers}>
        <Button
          look="primary"
          busy={answer.isPending}
          onClick={() => answer.mutate({ id, accept: true })}
        >
          {t.domains.offerYes(workspace)}
        </Button>
        <Button busy={answer.isPending} onClick={() => answer.mutate({ id, accept: false })}>
          {t.domains.offerNo}
        </Button>
      </div>
    </Card>
  ));
}
