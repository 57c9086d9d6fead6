// How many notifications nobody has read yet, live.

import { ask, Refusal, user } from "./api.js";
import { byId, show, write } from "./dom.js";
import { Follower } from "./live.js";
import { count } from "./regimes.js";

const INBOX = "/v1/notifications";
/** As the market's stream: whoever photographs a page waits for silence. */
const STREAM_DELAY_MILLISECONDS = 20e3;
const TOUCHES = ["pointermove", "pointerdown", "keydown", "scroll"];
const POLL_MILLISECONDS = 60e3;

export class Bell {
  /** @param page is told of news, and of nothing else: a bell that is broken does not ring */
  constructor(page) {
    this.page = page;
    this.forget();
    this.follower = new Follower(INBOX + "/stream", "notification", {
      onState: () => {}, onNews: () => this.look(), onRefusal: () => {},
    });
    const touched = () => this.follow();
    for (const kind of TOUCHES) addEventListener(kind, touched, { once: true, passive: true });
    setTimeout(touched, STREAM_DELAY_MILLISECONDS);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.follower.stop(); else if (this.isTouched) this.follow();
    });
    setInterval(() => { if (!this.follower.isFollowing) this.look(); }, POLL_MILLISECONDS);
    this.look();
  }

  /** Begins anew for somebody else. */
  begin() {
    this.follower.stop();
    this.forget();
    this.look();
  }

  forget() {
    /** The newest that is known, "" where there is none; `null` before the first look. */
    this.latest = null;
    this.isRefused = false;
  }

  follow() {
    this.isTouched = true;
    if (!document.hidden && !this.follower.isFollowing && !this.isRefused) {
      this.follower.start({ user_id: user() }, () => this.latest ?? "");
    }
  }

  /** Asks anew, once more when that was wanted meanwhile. */
  async look() {
    this.isDue = true;
    if (this.isLooking) return;
    this.isLooking = true;
    while (this.isDue) {
      this.isDue = false;
      const userId = user();
      try {
        const told = await ask(INBOX, { user_id: userId, page_size: 1 });
        if (userId === user()) this.heard(told);
      } catch (error) {
        if (userId === user()) this.missed(error);
      }
    }
    this.isLooking = false;
  }

  heard(told) {
    this.isRefused = false;
    this.tell(told);
    if (this.isTouched) this.follow();
  }

  /** Who may not look, or has no such service, has no bell; what else there is, others tell. */
  missed(error) {
    this.isRefused = error instanceof Refusal && (error.isOfCaller || error.status === 404);
    if (!this.isRefused) return;
    this.follower.stop();
    show("unread", false);
  }

  tell({ items, tally }) {
    const unread = Number(tally?.unread || 0), [newest] = items || [];
    show("unread", unread > 0);
    write(byId("unread"), count(unread));
    byId("unread").title = `${count(unread)} unread`;
    const before = this.latest;
    // A store that was put back knows less than this page; what is told next is counted from there.
    this.latest = newest?.notificationId || "";
    if (before === null || before === this.latest) return;
    // Not where bars are said: news would cut them short.
    if (Number(this.latest) > Number(before)) write(byId("rung"), newest.title);
    this.page.views.inbox.renew();
  }
}
