/*
 * Stands in for react-style-singleton, which adds a <style> element that our CSP blocks.
 * A constructed sheet is not an inline style, so it is allowed; the interface is the same.
 */
import { useEffect } from "react";

export function stylesheetSingleton() {
  let users = 0;
  let sheet: CSSStyleSheet | null = null;
  return {
    add(css: string) {
      if (users++ > 0) return;
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    },
    remove() {
      if (--users > 0) return;
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== sheet);
      sheet = null;
    },
  };
}

export function styleHookSingleton() {
  const shared = stylesheetSingleton();
  return function useStyle(css: string, isDynamic?: boolean) {
    // biome-ignore lint/correctness/useExhaustiveDependencies: the replaced module promises that only a dynamic style follows changes
    useEffect(() => {
      shared.add(css);
      return () => shared.remove();
    }, [css && isDynamic]);
  };
}

export function styleSingleton() {
  const useStyle = styleHookSingleton();
  return function Sheet(props: { styles: string; dynamic?: boolean }) {
    useStyle(props.styles, props.dynamic);
    return null;
  };
}
