import { X } from "lucide-react";
import type { Share } from "../api/types";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Select } from "../ui/Input";
import styles from "./ShareDialog.module.css";

type Level = Share["level"];

interface ShareRowProps {
  name: string;
  /** A workspace has none: it uses, and no more. */
  level?: Level;
  levels?: readonly { value: string; label: string }[];
  onLevel?: (level: Level) => void;
  onDrop: () => void;
}

/** One of those whom something is shared with. */
export function ShareRow({ name, level, levels, onLevel, onDrop }: ShareRowProps) {
  return (
    <li className={styles.row}>
      <span className={styles.name}>{name}</span>
      {levels ? (
        <Select
          compact
          aria-label={t.team.shareLevelOf(name)}
          value={level}
          options={levels}
          onChange={(e) => onLevel?.(e.target.value as Level)}
        />
      ) : null}
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
