import { Microphone } from '../shared/microphone.js';

/**
 * The supervisor's own voice: the microphone, what of it goes to the peer, and what the server was told. Closed, it sends
 * nothing at all. Event `change`.
 */
export class Voice extends EventTarget {
  microphone = new Microphone();
  /** Whether he wants to be heard now, by key or button. */
  wants = false;
  /** Why he can't speak; null while he could, or hasn't tried. */
  fault = null;
  /** What the server was told last; its own word may be older than ours where it comes by events. */
  #told = false;
  #send;
  #tellServer;
  #telling = null;

  /**
   * @param {(track: MediaStreamTrack|null) => Promise} send gives the peer what it sends from now on
   * @param {(talks: boolean) => Promise<boolean>} tellServer resolves to what the server made of it
   */
  constructor(send, tellServer) {
    super();
    this.#send = send;
    this.#tellServer = tellServer;
  }

  /** The server's own decision, at the beginning of a session or a mode. */
  begins(talks) { this.#told = talks; }

  /**
   * Opens or closes the voice. Closing is at once here, and told to the server then.
   * @throws {Problem | MicrophoneFault}
   */
  async talk(wants) {
    if (this.wants === wants && this.#told === wants) return;
    this.wants = wants;
    if (wants) {
      const track = await this.open();
      track.enabled = this.wants;
      // He may have let go while the microphone was being opened.
      await this.#send(this.wants ? track : null);
      if (!this.wants) track.enabled = false;
    } else {
      await this.silence();
    }
    this.#changed();
    this.#telling ??= this.#tell().finally(() => { this.#telling = null; });
    await this.#telling;
  }

  /** The microphone's track, with permission asked for where that is needed. */
  async open() {
    try {
      const track = await this.microphone.open();
      this.fault = null;
      if (!this.wants) track.enabled = false;
      track.onended = () => this.talk(false).catch(() => {});
      return track;
    } catch (fault) {
      this.wants = false;
      this.fault = fault;
      this.#changed();
      throw fault;
    }
  }

  /** Nothing is sent from now on; the microphone stays open for the next word. */
  async silence() {
    this.wants = false;
    if (this.microphone.track) this.microphone.track.enabled = false;
    this.#changed();
    await this.#send(null);
  }

  /** Gives the device back: the browser's sign of a microphone goes out. */
  close() {
    this.silence().catch(() => {});
    this.microphone.close();
  }

  /** One request at a time, and the last word counts. */
  async #tell() {
    while (this.#told !== this.wants) {
      const talks = this.wants;
      try {
        this.#told = await this.#tellServer(talks);
      } catch (problem) {
        if (talks) await this.silence();
        throw problem;
      }
      if (this.#told !== talks) break;
    }
  }

  #changed() { this.dispatchEvent(new Event('change')); }
}
