/* Light, dark or as the system; roomy or compact. Kept in this browser, set on <html> before the first paint. */
import { create } from "zustand";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

interface Look {
  theme: Theme;
  density: Density;
}

const KEY = "millrace.look";

function stored(): Look {
  try {
    const value: Partial<Look> = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return {
      theme: value.theme === "light" || value.theme === "dark" ? value.theme : "system",
      density: value.density === "compact" ? "compact" : "comfortable",
    };
  } catch {
    return { theme: "system", density: "comfortable" };
  }
}

export const useLook = create<Look>(stored);

function paint({ theme, density }: Look): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset.theme;
  else dataset.theme = theme;
  if (density === "compact") dataset.density = "compact";
  else delete dataset.density;
}

export function setLook(change: Partial<Look>): void {
  useLook.setState(change);
  localStorage.setItem(KEY, JSON.stringify(useLook.getState()));
  paint(useLook.getState());
}

export function startLook(): void {
  paint(useLook.getState());
}
