// What the page shows of readings: text, confidence, remarks, the texts so far; and the button that copies them.

export const element = (id) => document.querySelector(`#${id}`);

export class Display {
  /**
   * @param {Object<string, string>} meanings Remarks in words.
   * @param {Object<string, string>} reasons Why there is no text, in words.
   */
  constructor(meanings, reasons) {
    Object.assign(this, {meanings, reasons});
    element('copy').addEventListener('click', () => this.copy());
    this.clear();
  }

  clear() {
    this.texts = []; // that are final, with their times
    element('texts').replaceChildren();
    element('problem').textContent = '';
    this.show({text: '', reason: '', remarks: [], confidence: null});
  }

  /** Shows a reading; one that is open may still change. */
  show({text, reason, remarks, confidence}, {isOpen = false} = {}) {
    const output = element('text');
    output.textContent = text || (reason && !isOpen ? `no text: ${this.reasons[reason]}` : '');
    output.className = isOpen ? 'open' : text ? '' : 'unread';
    element('confidence').value = confidence ?? 0;
    element('percent').textContent = confidence === null ? '–' : `${Math.round(100 * confidence)} %`;
    element('remarks').replaceChildren(...remarks.map((remark) => made('li', this.meanings[remark])));
    this.current = text; // of what has not ended, or of a clip
    element('copy').disabled = !text && !this.texts.length;
  }

  /** Puts a final text among those so far. */
  add(text, {begin, end}) {
    this.texts.push(text);
    this.current = '';
    const item = made('li', made('span', text));
    item.append(made('small', `${clock(begin)} – ${clock(end)}`));
    element('texts').append(item);
    this.status(`read: ${text}`);
  }

  /** A screen reader speaks it. */
  status(text) {
    element('status').textContent = text;
  }

  async copy() {
    try {
      await navigator.clipboard.writeText([...this.texts, this.current].filter(Boolean).join('\n'));
      this.status('copied');
    } catch {
      getSelection().selectAllChildren(element('text'));
      this.status('the browser does not let this page copy; the text is selected, press Ctrl+C');
    }
  }
}

function made(name, content) {
  const one = document.createElement(name);
  one.append(content);
  return one;
}

/** As in 0:04.20. */
function clock(time) {
  return `${Math.floor(time / 60)}:${(time % 60).toFixed(2).padStart(5, '0')}`;
}
