import { durationText } from '../shared/clock.js';
import { el, rebuild, uniqueId } from '../shared/dom.js';

/** Notes that stay with the call. Event `note`, with the text. */
class CallNotes extends HTMLElement {
  connectedCallback() {
    if (this.text) return;
    const heading = uniqueId('notes');
    this.text = el('textarea', {
      rows: 2, maxlength: 2000, 'aria-labelledby': heading, 'data-test': 'note-text', placeholder: 'Kept with the call',
      onkeydown: (event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#send();
      },
    });
    this.list = el('ol', { class: 'notes', 'data-test': 'notes' });
    this.append(el('h3', { id: heading }, 'Notes'), this.list,
      el('form', {
        class: 'line', onsubmit: (event) => {
          event.preventDefault();
          this.#send();
        },
      }, this.text, el('button', { type: 'submit', 'data-test': 'note-save' }, 'Save')));
  }

  show(call) {
    if (this.call !== call.id) {
      this.call = call.id;
      this.text.value = '';
    }
    const notes = call.notes ?? [];
    rebuild(this.list, `${call.id}:${notes.length}`, () => notes.map((note) => el('li', {},
      el('span', { class: 'meta' }, `${durationText(note.callClockMs)} · ${note.authorName}`), el('span', {}, note.text))));
  }

  /** It is kept. */
  saved(text) { if (this.text.value.trim() === text) this.text.value = ''; }

  #send() {
    const text = this.text.value.trim();
    if (text) this.dispatchEvent(new CustomEvent('note', { detail: text }));
  }
}

customElements.define('call-notes', CallNotes);
