import styles from "./Logo.module.css";

export function Logo() {
  return (
    <span className={styles.logo} aria-hidden>
      <svg
        viewBox="0 0 16 16"
        width="14"
        height="14"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
      >
        <title>Millrace</title>
        <path d="M1.5 6c2 0 2-2 4.300-2s2.300 2 4.400 2 2.200-2 4.300-2M1.500 11c2 0 2-2 4.300-2s2.300 2 4.400 2 2.200-2 4.300-2" />
      </svg>
    </span>
  );
}
