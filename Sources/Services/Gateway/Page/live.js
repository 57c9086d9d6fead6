// Changes as they are announced: server-sent events, read by fetch, as EventSource shows no token.

import { answer, Refusal } from "./api.js";

const RECONNECT_MILLISECONDS = 2e3, RECONNECT_LIMIT_MILLISECONDS = 60e3;
/** Of an event's line; a longer one ends the connection. */
const LINE_LIMIT = 1 << 20;
/** A stream that says nothing for so long, not even that it is there, is dead. */
const SILENCE_MILLISECONDS = 45e3;

/** Follows one stream until it is stopped, and connects again when it is cut off. */
export class Follower {
  /**
   * @param path of the stream
   * @param event the name of the events that are news
   * @param told what happens: `onState` with "live", "waiting" or "" ; `onNews`; `onRefusal`
   */
  constructor(path, event, told) {
    this.path = path;
    this.news = "event: " + event;
    this.told = told;
    this.ending = null;
  }

  /** @param after gives what is known already, at every connection. */
  start(parameters, after) {
    this.stop();
    const ending = new AbortController();
    this.ending = ending;
    this.follow(parameters, after, ending.signal);
  }

  stop() {
    if (this.ending) this.ending.abort();
    this.ending = null;
  }

  get isFollowing() { return this.ending !== null; }

  async follow(parameters, after, signal) {
    let pause = RECONNECT_MILLISECONDS;
    while (!signal.aborted) {
      let isOpen = false;
      try {
        await this.read({ ...parameters, after: after() }, signal, () => { isOpen = true; });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refusal && error.isOfCaller) {
          this.stop();
          this.told.onState("");
          this.told.onRefusal(error);
          return;
        }
        // What is known here is nothing there: the store was put back to an earlier state.
        if (error instanceof Refusal && error.status === 400) this.told.onNews();
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
      await this.readLines(await answer(this.path, parameters, { signal: ending.signal }), heard, opened);
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
      if (lines.includes(this.news)) this.told.onNews();
    }
  }
}
