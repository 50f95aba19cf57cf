import { type ChangeEvent, type KeyboardEvent, useId, useRef, useState } from "react";
import { t } from "../text/en";
import { cx } from "../ui/cx";
import type { ControlProps } from "../ui/Field";
import styles from "./ExpressionInput.module.css";
import { type Completing, completingAt, parts, type Suggestion, suggestions } from "./expression";
import { useFormHelp } from "./widget";

interface ExpressionInputProps {
  control: Partial<ControlProps>;
  label: string;
  text: string;
  onText: (text: string) => void;
  onBlur?: () => void;
  placeholder?: string;
  lines?: number;
  mono?: boolean;
  /** No expression here: nothing is marked or completed. */
  literal?: boolean;
}

/** A text field that knows `{{ }}`: marked at rest, completed while it is written. */
export function ExpressionInput(props: ExpressionInputProps) {
  const { control, label, text, onText, placeholder, lines = 1, literal } = props;
  const [focused, setFocused] = useState(false);
  const layer = useRef<HTMLDivElement>(null);
  const completion = useCompletion(text, onText, literal ?? false);
  const { readOnly } = useFormHelp();
  const marked = parts(text);
  const isMarked = !literal && marked.some((p) => p.isExpression);
  const isArea = lines > 1;
  const shape = cx(isArea && styles.area, (props.mono || isMarked) && styles.mono);
  const Tag = isArea ? "textarea" : "input";
  return (
    <div className={styles.box}>
      <Tag
        {...control}
        {...(isArea ? { rows: lines } : {})}
        aria-label={control.id ? undefined : label}
        {...completion.aria}
        className={cx(styles.input, shape, isMarked && !focused && styles.resting)}
        value={text}
        placeholder={placeholder}
        disabled={readOnly}
        spellCheck={false}
        autoComplete="off"
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false);
          completion.close();
          props.onBlur?.();
        }}
        onScroll={(e) => {
          if (layer.current) layer.current.scrollTop = e.currentTarget.scrollTop;
        }}
        onChange={completion.onChange}
        onKeyDown={completion.onKeyDown}
      />
      {isMarked && !focused ? (
        <div ref={layer} className={cx(styles.layer, shape)} aria-hidden>
          {marked.map((p, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts have no other identity than their place
            <span key={i} className={p.isExpression ? styles.expression : undefined}>
              {p.text}
            </span>
          ))}
        </div>
      ) : null}
      {completion.list}
    </div>
  );
}

interface Open {
  at: Completing;
  items: Suggestion[];
  active: number;
}

type Field = HTMLInputElement | HTMLTextAreaElement;

function useCompletion(text: string, onText: (text: string) => void, literal: boolean) {
  const { roots } = useFormHelp();
  const [open, setOpen] = useState<Open | null>(null);
  const field = useRef<Field>(null);
  const listId = useId();

  const look = (value: string, caret: number) => {
    const at = literal ? undefined : completingAt(value, caret);
    const items = at ? suggestions(at, roots) : [];
    setOpen(at && items.length > 0 ? { at, items, active: 0 } : null);
  };
  const choose = (item: Suggestion) => {
    const el = field.current;
    if (!open || !el) return;
    const end = open.at.from + open.at.word.length;
    write(
      el,
      text.slice(0, open.at.from) + item.name + text.slice(end),
      open.at.from + item.name.length,
    );
    onText(el.value);
    setOpen(null);
  };
  const onChange = (e: ChangeEvent<Field>) => {
    field.current = e.currentTarget;
    const caret = e.currentTarget.selectionStart ?? e.currentTarget.value.length;
    const { value } = e.currentTarget;
    if (isOpened(text, value, caret, literal))
      write(e.currentTarget, `${value.slice(0, caret)}}}${value.slice(caret)}`, caret);
    onText(e.currentTarget.value);
    look(e.currentTarget.value, caret);
  };
  const onKeyDown = (e: KeyboardEvent<Field>) => {
    const { selectionStart: caret, selectionEnd } = e.currentTarget;
    if (e.key === "}" && !literal && caret === selectionEnd && isTypedOver(text, caret ?? 0)) {
      e.preventDefault();
      setOpen(null);
      return e.currentTarget.setSelectionRange((caret ?? 0) + 1, (caret ?? 0) + 1);
    }
    if (!open) return;
    const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
    const item = open.items[open.active];
    if (step !== 0) {
      const n = open.items.length;
      setOpen({ ...open, active: (open.active + step + n) % n });
    } else if ((e.key === "Enter" || e.key === "Tab") && item) choose(item);
    else if (e.key === "Escape") setOpen(null);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  const list = open ? (
    <div id={listId} role="listbox" aria-label={t.forms.completions} className={styles.list}>
      {open.items.map((item, i) => (
        <div
          key={item.name}
          id={`${listId}-${i}`}
          role="option"
          tabIndex={-1}
          aria-selected={i === open.active}
          className={styles.option}
          onPointerDown={(e) => {
            e.preventDefault();
            choose(item);
          }}
        >
          <span>{item.name}</span>
          <span className={styles.value}>{item.hint}</span>
        </div>
      ))}
    </div>
  ) : null;
  const aria = open
    ? {
        role: "combobox",
        "aria-expanded": true,
        "aria-controls": listId,
        "aria-activedescendant": `${listId}-${open.active}`,
        "aria-autocomplete": "list" as const,
      }
    : {};
  return { list, aria, onChange, onKeyDown, close: () => setOpen(null) };
}

/** Into the field itself and at once: a caret that is put back after rendering comes too late for who types fast. */
function write(el: Field, text: string, caret: number) {
  el.value = text;
  el.setSelectionRange(caret, caret);
}

/** Writing `{{` also writes the end, so that what follows is never half an expression. */
function isOpened(before: string, after: string, caret: number, literal: boolean): boolean {
  const isTyped = !literal && after.length === before.length + 1;
  return isTyped && after.slice(caret - 2, caret) === "{{" && !after.slice(caret).includes("}}");
}

/** The braces that were put there with the opening ones are typed over, not doubled. */
function isTypedOver(text: string, caret: number): boolean {
  const before = text.slice(0, caret);
  return text[caret] === "}" && before.lastIndexOf("{{") > before.lastIndexOf("}}");
}
