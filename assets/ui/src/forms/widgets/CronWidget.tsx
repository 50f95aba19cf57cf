import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, data } from "../../api/client";
import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { ExpressionInput } from "../ExpressionInput";
import styles from "../Form.module.css";
import { asText, type WidgetProps } from "../widget";

const REST_MS = 400;

/** A cron rule, and under it the next five times as the server reads it. */
export function CronWidget(p: WidgetProps) {
  const rule = asText(p.value);
  return (
    <>
      <ExpressionInput
        control={p.control}
        label={p.label}
        text={rule}
        onText={(text) => p.onChange(text === "" ? undefined : text)}
        onBlur={p.onBlur}
        placeholder={asText(p.schema.examples?.[0])}
        literal
        mono
      />
      {rule ? <NextTimes rule={rule} timezone={asText(p.siblings.timezone) || "UTC"} /> : null}
    </>
  );
}

function NextTimes({ rule, timezone }: { rule: string; timezone: string }) {
  const settled = useSettled(`${rule}\n${timezone}`);
  const [cron = "", zone = "UTC"] = settled.split("\n");
  const next = useQuery({
    queryKey: ["schedule-preview", cron, zone],
    queryFn: () =>
      data(api.POST("/api/v1/schedules/preview", { body: { cron, timezone: zone, count: 5 } })),
    staleTime: 60_000,
    retry: false,
    placeholderData: (previous) => previous,
  });
  if (next.error) {
    const error = asApiError(next.error);
    return <p className={styles.error}>{error.issues[0]?.issue ?? error.message}</p>;
  }
  return (
    <div className={styles.times} aria-live="polite">
      <span className={styles.hint}>
        {next.data ? `${t.forms.cron.next} (${next.data.timezone})` : t.forms.cron.checking}
      </span>
      {next.data?.next.map((at) => (
        <time key={at} dateTime={at}>
          {inZone(at, next.data.timezone)}
        </time>
      ))}
    </div>
  );
}

function inZone(at: string, timeZone: string): string {
  const style = { dateStyle: "full", timeStyle: "short" } as const;
  try {
    return new Intl.DateTimeFormat("en", { ...style, timeZone }).format(new Date(at));
  } catch {
    return new Intl.DateTimeFormat("en", { ...style, timeZone: "UTC" }).format(new Date(at));
  }
}

/** The value once it has rested. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
