/// <reference types="vitest/config" />
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/* The API page is swagger-ui as published, beside our own init file in public/docs. */
function swagger(): Plugin {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  return {
    name: "swagger-ui",
    apply: "build",
    generateBundle() {
      for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
        const source = readFileSync(join(folder, name), "utf8").replace(
          /\n?\/[/*]# sourceMappingURL.*/g,
          "",
        );
        this.emitFile({ type: "asset", fileName: `docs/${name}`, source });
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), swagger()],
  resolve: {
    /* The scroll lock of the dialogs would inject a style element, which our CSP forbids. */
    alias: { "react-style-singleton": here("./src/styles/adoptedStyle.ts") },
  },
  build: {
    target: "es2022",
    cssTarget: "chrome123",
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/hooks", "/ws", "/stream"].map((path) => [
        path,
        { target: process.env.MILLRACE_URL ?? "http://localhost:8080", ws: path === "/ws" },
      ]),
    ),
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
