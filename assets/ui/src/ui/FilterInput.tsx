import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import styles from "./FilterInput.module.css";
import { Input } from "./Input";

const REST_MS = 250;

interface FilterInputProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A filter that speaks after a short rest, so that each letter doesn't cost a request. */
export function FilterInput({ label, value, onChange }: FilterInputProps) {
  const [draft, setDraft] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    // Somebody else changed it, by a link or "Clear filters".
    setSeen(value);
    setDraft(value);
  }
  useEffect(() => {
    if (draft === value) return;
    const timer = setTimeout(() => onChange(draft), REST_MS);
    return () => clearTimeout(timer);
  }, [draft, value, onChange]);
  return (
    <span className={styles.box}>
      <Search size={14} aria-hidden />
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        data-filter=""
        value={draft}
        onChange={(e) => setDraft(e.target.value)}
      />
    </span>
  );
}
