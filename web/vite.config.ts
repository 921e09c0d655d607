import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const here = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  plugins: [svelte()],
  base: "/static/",
  publicDir: false,
  build: {
    outDir: here("../src/rowlock/storefront/static"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        event: here("storefront/event.ts"),
        account: here("storefront/account.ts"),
        visitor: here("storefront/visitor.ts"),
        booking: here("storefront/booking.ts"),
        allow: here("storefront/allow.ts"),
        queue: here("storefront/queue.ts"),
        queueVerify: here("storefront/queueVerify.ts"),
        waitingRoom: here("storefront/waitingRoom.ts"),
        icon: here("storefront/icon.svg"),
        style: here("storefront/style.css"),
      },
    },
  },
  test: { include: ["**/*.test.ts"], environment: "node" },
});
