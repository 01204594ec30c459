import { el, takesKeys, uniqueId } from './dom.js';
import { remember, remembered } from './preferences.js';

/**
 * The keys of a page, and the dialog that shows them. Keys of a single character can be switched off there, for those
 * whose speech input or tremor presses them by chance (WCAG 2.1.4).
 */
export class Keyboard {
  #bindings = [];
  #mayUseLetters = remembered('single-keys', true);

  constructor() {
    this.on('?', 'Show the keys', () => this.show());
    addEventListener('keydown', (event) => this.#press(event));
  }

  /**
   * @param {string} key `KeyboardEvent.key`, letters in lower case
   * @param {() => (boolean|void)} act false: the key was not for it
   * @param {string} [shown] what the dialog calls the key
   */
  on(key, meaning, act, shown = key) {
    this.#bindings.push({ key, meaning, act, shown });
  }

  /** A line of the dialog for what is handled elsewhere. */
  note(shown, meaning) {
    this.#bindings.push({ key: null, meaning, act: null, shown });
  }

  #press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (takesKeys(event.target) || document.querySelector('dialog[open]')) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key.length === 1 && key !== ' ' && !this.#mayUseLetters) return;
    for (const binding of this.#bindings) {
      if (binding.key === key && binding.act() !== false) return event.preventDefault();
    }
  }

  show() {
    const heading = uniqueId('keys');
    const rows = this.#bindings.map(({ shown, meaning }) =>
      el('div', {}, el('dt', {}, shown.split(' ').map((key) => (key === 'or' ? ' or ' : el('kbd', {}, key)))),
        el('dd', {}, meaning)));
    const letters = el('input', { type: 'checkbox', 'data-test': 'single-keys' });
    letters.checked = this.#mayUseLetters;
    letters.addEventListener('change', () => {
      this.#mayUseLetters = letters.checked;
      remember('single-keys', letters.checked);
    });
    const dialog = el('dialog', { class: 'keys', 'aria-labelledby': heading, 'data-test': 'keys-dialog' },
      el('form', { method: 'dialog' },
        el('h2', { id: heading }, 'Keys'), el('dl', {}, rows),
        el('label', { class: 'choice' }, letters, 'Single letters are keys'),
        el('div', { class: 'buttons' }, el('button', { type: 'submit', class: 'primary' }, 'Close'))));
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('button').focus();
  }
}
