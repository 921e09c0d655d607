import { defineConfig } from "vite";

const here = (path: string) => new URL(path, import.meta.url).pathname;

/** `<rowlock-map>` for other people's pages: one file with nothing to import, at an address that stays. */
export default defineConfig({
  base: "/static/embed/",
  publicDir: false,
  build: {
    outDir: here("../src/rowlock/storefront/static/embed"),
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: { output: { minify: true } },
    lib: { entry: here("element/rowlock-map.ts"), formats: ["es"], fileName: () => "rowlock-map.js" },
  },
});
