import { el } from '../shared/dom.js';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const letters = { 2: 'ABC', 3: 'DEF', 4: 'GHI', 5: 'JKL', 6: 'MNO', 7: 'PQRS', 8: 'TUV', 9: 'WXYZ', 0: '+' };

/** Twelve keys. @param {(digit: string) => void} press */
export function dialPad(press) {
  return el('div', { class: 'pad', role: 'group', 'aria-label': 'Keypad', 'data-test': 'pad' },
    keys.map((key) => el('button', { type: 'button', 'data-test': `key-${key}`, onclick: () => press(key) },
      el('span', {}, key), el('small', { 'aria-hidden': 'true' }, letters[key] ?? ''))));
}

/** Where a number is entered. Event `dial`, with the number. */
class DialBox extends HTMLElement {
  connectedCallback() {
    if (this.number) return;
    this.number = el('input', {
      type: 'tel', inputmode: 'tel', autocomplete: 'off', maxlength: 64, 'data-test': 'dial-number', placeholder: 'Number or name',
      'aria-label': 'Number to call',
    });
    this.append(el('h2', {}, 'Call somebody'),
      el('form', {
        class: 'line', onsubmit: (event) => {
          event.preventDefault();
          const number = this.number.value.trim();
          if (number) this.dispatchEvent(new CustomEvent('dial', { detail: number }));
        },
      }, this.number, el('button', { type: 'submit', class: 'primary', 'data-test': 'dial' }, 'Call')),
      dialPad((digit) => { this.number.value += digit; }));
  }

  set isDisabled(isDisabled) {
    for (const control of this.querySelectorAll('button, input')) control.disabled = isDisabled;
  }

  clear() { this.number.value = ''; }
}

customElements.define('dial-box', DialBox);
