import { session } from './api.js';

/** Without a message for so long, ms, it is asked whether the server is still there. */
const silence = 15_000;
const firstPause = 400;
const longestPause = 8000;

/**
 * A WebSocket that comes back by itself.
 *
 * Its `state`: `connecting`, `open`, `offline` (this machine has no network), `gone` (the server can't be reached),
 * and for good `signed-out` and `replaced` (the page was opened elsewhere). Events: `state`, `message` (detail: JSON).
 */
export class LiveSocket extends EventTarget {
  #path;
  #socket = null;
  #timer = null;
  #watch = null;
  #pause = firstPause;
  #heard = 0;
  #isClosed = false;
  state = 'connecting';

  /** @param {() => string} path is asked anew for each connection, so that it can name a cursor */
  constructor(path) {
    super();
    this.#path = path;
    addEventListener('online', () => this.#hurry());
    addEventListener('offline', () => this.#offline());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.state !== 'open') this.#hurry();
    });
  }

  open() {
    this.#isClosed = false;
    this.#connect();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#drop();
  }

  /** Whether it was handed over to an open connection. */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#drop();
    const url = new URL(this.#path(), location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, ['earshot.v1']);
    this.#socket = socket;
    socket.onopen = () => {
      this.#pause = firstPause;
      this.#heard = Date.now();
      this.#watchSilence();
      this.#enter('open');
    };
    socket.onmessage = (event) => {
      this.#heard = Date.now();
      this.dispatchEvent(new CustomEvent('message', { detail: JSON.parse(event.data) }));
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    };
  }

  async #lost(code) {
    clearInterval(this.#watch);
    this.#socket = null;
    if (this.#isClosed) return;
    if (code === 4409) return this.#enter('replaced');
    // A refused upgrade looks like a dead server here, so the reason is asked for by other means.
    if (!navigator.onLine) this.#enter('offline');
    else if (this.state === 'open') this.#enter('connecting');
    this.#later();
    try {
      await session.read();
      if (code === 4401) this.#hurry();
    } catch (problem) {
      if (this.#isClosed || this.state === 'open') return;
      if (problem.status === 401) {
        this.close();
        this.#enter('signed-out');
      } else if (navigator.onLine) {
        this.#enter('gone');
      }
    }
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }

  #hurry() {
    if (this.#isClosed || this.state === 'open' || this.state === 'replaced') return;
    this.#pause = firstPause;
    this.#connect();
  }

  #offline() {
    if (this.#isClosed || this.state === 'replaced') return;
    this.#drop();
    this.#enter('offline');
    this.#later();
  }

  /** A connection that broke without a word stays open for minutes: a silent one is checked. */
  #watchSilence() {
    clearInterval(this.#watch);
    this.#watch = setInterval(async () => {
      if (Date.now() - this.#heard < silence) return;
      this.#heard = Date.now();
      try {
        const response = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
        await response.text();
      } catch {
        if (this.#isClosed || this.state !== 'open') return;
        this.#drop();
        this.#enter('gone');
        this.#later();
      }
    }, 5000);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    clearInterval(this.#watch);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  #enter(state) {
    if (this.state === state && state !== 'open') return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
