import { Gauge } from './sound.js';

/** Why there is no microphone, and the remedy. */
export class MicrophoneFault extends Error {
  constructor(kind, title, detail) {
    super(title);
    this.kind = kind;
    this.title = title;
    this.detail = detail;
  }

  static of(error) {
    switch (error.name) {
      case 'NotAllowedError':
      case 'SecurityError':
        return new MicrophoneFault('denied', 'The microphone isn’t allowed',
          'Allow it for this site (at the left of the address bar), then try again. Listening works without it.');
      case 'NotFoundError':
      case 'OverconstrainedError':
        return new MicrophoneFault('missing', 'No microphone was found',
          'Plug one in, or switch it on, then try again. Listening works without it.');
      default:
        return new MicrophoneFault('busy', 'The microphone can’t be opened',
          'Another program may hold it: close that one, then try again.');
    }
  }
}

/** Opened when it is first needed, closed when it no longer is: the browser's own sign of it tells the truth. */
export class Microphone {
  #stream = null;
  #gauge = null;
  #opening = null;

  get track() { return this.#stream?.getAudioTracks()[0] ?? null; }

  get isOpen() { return this.track?.readyState === 'live'; }

  /** dBFS; nothing said: -120. */
  get level() { return this.track?.enabled ? this.#gauge?.level() ?? -120 : -120; }

  /**
   * The track; asks for permission where that is needed.
   * @throws {MicrophoneFault}
   */
  async open() {
    if (this.isOpen) return this.track;
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new MicrophoneFault('insecure', 'The microphone needs a secure address',
        'Open this page by https, or on localhost.');
    }
    this.#opening ??= navigator.mediaDevices
      .getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
      .finally(() => { this.#opening = null; });
    try {
      const stream = await this.#opening;
      if (this.#stream !== stream) {
        this.close();
        this.#stream = stream;
        this.#gauge = new Gauge(stream);
      }
      return this.track;
    } catch (error) {
      throw MicrophoneFault.of(error);
    }
  }

  close() {
    this.#gauge?.close();
    this.#gauge = null;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }
}
