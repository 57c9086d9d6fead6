// Changes as they are announced: server-sent events, read by fetch, as EventSource shows no token.

import { answer, Refusal } from "./api.js";

const RECONNECT_MILLISECONDS = 2e3, RECONNECT_LIMIT_MILLISECONDS = 60e3;
/** Of an event's line; a longer one ends the connection. */
const LINE_LIMIT = 1 << 20;
const NEWS = "event: regime-change";
/** A stream that says nothing for so long, not even that it is there, is dead. */
const SILENCE_MILLISECONDS = 45e3;

/** Follows one series until it is stopped, and connects again when it is cut off. */
export class Follower {
  /**
   * @param told what happens: `onState` with "live", "waiting" or "" ; `onNews`; `onRefusal`
   */
  constructor(told) {
    this.told = told;
    this.ending = null;
  }

  /** @param sequence gives the last sequence that is known, at every connection. */
  start(series, sequence) {
    this.stop();
    const ending = new AbortController();
    this.ending = ending;
    this.follow(series, sequence, ending.signal);
  }

  stop() {
    if (this.ending) this.ending.abort();
    this.ending = null;
  }

  get isFollowing() { return this.ending !== null; }

  async follow(series, sequence, signal) {
    let pause = RECONNECT_MILLISECONDS;
    while (!signal.aborted) {
      let isOpen = false;
      try {
        await this.read({ ...series, after: sequence() }, signal, () => { isOpen = true; });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refusal && error.isOfCaller) {
          this.stop();
          this.told.onState("");
          this.told.onRefusal(error);
          return;
        }
      }
      if (signal.aborted) return;
      pause = isOpen ? RECONNECT_MILLISECONDS : Math.min(2 * pause, RECONNECT_LIMIT_MILLISECONDS);
      this.told.onState("waiting");
      await new Promise((resume) => { setTimeout(resume, pause); });
    }
  }

  /** Of an event its name is enough: what it says is asked for. */
  async read(parameters, signal, opened) {
    const ending = new AbortController();
    const end = () => ending.abort();
    signal.addEventListener("abort", end);
    let silence = setTimeout(end, SILENCE_MILLISECONDS);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE_MILLISECONDS);
    };
    try {
      await this.readLines(await answer("stream", parameters, { signal: ending.signal }), heard, opened);
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", end);
    }
  }

  async readLines(response, heard, opened) {
    opened();
    this.told.onState("live");
    // What came between the last question and the connection.
    this.told.onNews();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      if (rest.length > LINE_LIMIT) { await reader.cancel(); return; }
      if (lines.includes(NEWS)) this.told.onNews();
    }
  }
}
