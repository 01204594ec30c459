import { nameOf, participant } from './call-facts.js';
import { timeText } from '../shared/clock.js';
import { el, rebuild, setText, uniqueId } from '../shared/dom.js';
import { ask } from '../shared/dialogs.js';
import { remember, remembered } from '../shared/preferences.js';

const firstPhrases = ['Slow down a little', 'Ask for the order number', 'Offer a call back', 'Well done'];
const mostPhrases = 12;

/** Text whisper: a line, quick phrases of one's own, and what was sent. Event `cue`, with the text. */
class CueBox extends HTMLElement {
  mine = [];

  connectedCallback() {
    if (this.line) return;
    const heading = uniqueId('cues');
    this.line = el('input', {
      type: 'text', maxlength: 500, autocomplete: 'off', 'data-test': 'cue-text', 'aria-labelledby': heading,
      placeholder: 'A few words for the agent’s screen',
    });
    this.heading = el('h3', { id: heading }, 'Text to the agent');
    this.phrases = el('div', { class: 'phrases', 'data-test': 'phrases' });
    this.sent = el('ol', { class: 'sent', 'data-test': 'cues-sent', 'aria-label': 'Sent' });
    this.append(this.heading,
      el('form', {
        class: 'line', onsubmit: (event) => {
          event.preventDefault();
          this.#send(this.line.value);
        },
      }, this.line, el('button', { type: 'submit', 'data-test': 'cue-send' }, 'Send')),
      this.phrases, this.sent);
    this.#showPhrases();
  }

  show(call, session) {
    setText(this.heading, `Text to ${nameOf(participant(call, session.target))}`);
    if (this.session !== session.id) this.mine = [];
    this.session = session.id;
    rebuild(this.sent, `${session.id} ${this.mine.length}`, () => this.mine.slice(-5).reverse().map((cue) =>
      el('li', {}, el('time', {}, timeText(cue.at)), el('span', {}, cue.text))));
  }

  /** It was delivered; a refused one stays in the line. The server shows a cue to nobody but its reader. */
  sentOff(text) {
    this.mine.push({ text, at: new Date().toISOString() });
    if (this.line.value.trim() === text) this.line.value = '';
  }

  #send(text) {
    if (text.trim()) this.dispatchEvent(new CustomEvent('cue', { detail: text.trim() }));
  }

  #showPhrases() {
    const phrases = remembered('phrases', firstPhrases);
    this.phrases.replaceChildren(
      ...phrases.map((text) => el('button', { type: 'button', class: 'phrase', onclick: () => this.#send(text) }, text)),
      el('button', { type: 'button', class: 'quiet', 'data-test': 'phrases-edit', onclick: () => this.#edit(phrases) }, 'Edit phrases'));
  }

  async #edit(phrases) {
    const values = await ask({
      title: 'Quick phrases', confirm: 'Keep', test: 'phrases', lines: ['One a line; they stay in this browser.'],
      fields: [{ name: 'phrases', label: 'Phrases', isLong: true, value: phrases.join('\n') }],
    });
    if (!values) return;
    remember('phrases', values.phrases.split('\n').map((line) => line.trim()).filter(Boolean).slice(0, mostPhrases));
    this.#showPhrases();
  }
}

customElements.define('cue-box', CueBox);
