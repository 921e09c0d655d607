import { Refusal } from "../api";
import { explain } from "../refusals";
import type { Words } from "../words";

/** Something an account's owner does: while it runs its buttons rest, and what went wrong is said. */
export class Task {
  busy = $state(false);
  trouble = $state("");
  done = $state("");
  /** The server wants its owner to sign in again first. */
  wantsSignIn = $state(false);

  constructor(private readonly words: Words) {}

  async run(act: () => Promise<void>, done = ""): Promise<void> {
    [this.busy, this.trouble, this.done, this.wantsSignIn] = [true, "", "", false];
    try {
      await act();
      this.done = done;
    } catch (refusal) {
      const code = refusal instanceof Refusal ? refusal.code : "";
      this.wantsSignIn = code === "sign_in_again" || code === "second_factor_needed" || code === "unauthenticated";
      this.trouble = refusal instanceof DOMException ? this.words.say("sign_in.passkey_given_up") : explain(refusal, this.words);
    } finally {
      this.busy = false;
    }
  }

  /** For a form: runs instead of sending it. */
  on(act: () => Promise<void>, done = ""): (event: Event) => void {
    return (event) => {
      event.preventDefault();
      void this.run(act, done);
    };
  }
}
