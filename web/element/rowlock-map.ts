import { RowlockMap } from "./element";

if (!customElements.get("rowlock-map")) customElements.define("rowlock-map", RowlockMap);
