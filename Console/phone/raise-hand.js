import { el, rebuild } from '../shared/dom.js';
import { icon } from '../shared/icons.js';
import { durationText, serverNow } from '../shared/clock.js';

const quickWords = ['Angry customer', 'Technical question', 'Refund', 'Wants a manager'];

/** Asking for help, with a word of why. `onhand(raised, word)` is told. */
export class RaiseHand {
  constructor(onhand) {
    this.onhand = onhand;
    this.element = el('section', { class: 'hand', 'aria-label': 'Help', 'data-test': 'hand' });
  }

  show(hand) {
    const key = hand ? `up ${hand.since} ${hand.word ?? ''}` : 'down';
    rebuild(this.element, key, () => (hand ? this.#raised(hand) : this.#lowered()));
    const time = this.element.querySelector('.duration');
    if (time && hand) time.textContent = durationText(serverNow() - Date.parse(hand.since));
  }

  #raised(hand) {
    return [
      el('p', { class: 'raised', role: 'status', 'data-test': 'hand-raised' }, icon('hand'),
        `You have asked for help${hand.word ? `: ${hand.word}` : ''}`, el('span', { class: 'duration', 'aria-live': 'off' })),
      el('button', { type: 'button', 'data-test': 'hand-lower', onclick: () => this.onhand(false) }, 'Lower hand'),
    ];
  }

  #lowered() {
    const word = el('input', { type: 'text', maxlength: 80, 'aria-label': 'Why, in a word', placeholder: 'Why, in a word (optional)', 'data-test': 'hand-word', autocomplete: 'off' });
    return [
      el('form', {
        class: 'line', onsubmit: (event) => {
          event.preventDefault();
          this.onhand(true, word.value.trim());
        },
      }, word, el('button', { type: 'submit', class: 'help', 'data-test': 'hand-raise' }, icon('hand'), 'Ask for help')),
      el('div', { class: 'phrases' }, quickWords.map((text) =>
        el('button', { type: 'button', class: 'phrase', onclick: () => this.onhand(true, text) }, text))),
    ];
  }
}
