import type { VersionSummary } from "../../api/types";
import { t } from "../../text/en";
import { Select } from "../../ui/Input";

interface VersionSelectProps {
  label: string;
  versions: readonly VersionSummary[];
  value: number;
  onChange: (n: number) => void;
}

export function VersionSelect({ label, versions, value, onChange }: VersionSelectProps) {
  return (
    <Select
      compact
      aria-label={label}
      value={String(value)}
      options={versions.map((v) => ({
        value: String(v.number),
        label: t.versions.named(v.number, v.label),
      }))}
      onChange={(e) => onChange(Number(e.target.value))}
    />
  );
}
