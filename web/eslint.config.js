import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["node_modules/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
  },
  {
    rules: {
      "max-lines": ["error", 500],
      "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  // The engine stands alone, and the stream client knows nothing but the engine's states: both go into other people's pages.
  {
    files: ["seatmap/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: ["**/live/**", "**/storefront/**", "**/element/**", "svelte*"] }] },
  },
  {
    files: ["live/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: ["**/storefront/**", "**/element/**", "svelte*"] }] },
  },
  {
    files: ["element/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: ["**/storefront/**", "svelte*"] }] },
  },
  { files: ["**/*.test.ts"], rules: { "max-lines-per-function": "off" } },
);
