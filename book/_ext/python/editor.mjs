// The editor of a page's Python: CodeMirror with no more than a few lines of code need. Its colours
// are classes (python.css), so it follows the page's theme.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

const mark = StateEffect.define();
const marked = StateField.define({
  create: () => Decoration.none,
  update(lines, transaction) {
    if (transaction.docChanged) return Decoration.none;
    for (const effect of transaction.effects) {
      if (effect.is(mark)) {
        const { doc } = transaction.state;
        const line = effect.value && effect.value <= doc.lines ? doc.line(effect.value) : null;
        return line
          ? Decoration.set([Decoration.line({ class: "python-fault" }).range(line.from)])
          : Decoration.none;
      }
    }
    return lines;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Put an editor into `parent`. Tab is left alone, so it leaves the editor. */
export function createEditor({ parent, text, label, help, changed, run }) {
  const runKey = (key) => ({ key, run: () => (run(), true) });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        pythonLanguage,
        bracketMatching(),
        indentOnInput(),
        indentUnit.of("    "),
        syntaxHighlighting(classHighlighter),
        marked,
        keymap.of([runKey("Mod-Enter"), runKey("Shift-Enter"), ...defaultKeymap, ...historyKeymap]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": help }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    text: () => view.state.doc.toString(),
    select: (anchor, head) => view.dispatch({ selection: { anchor, head } }),
    replace: (insert) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert } }),
    mark: (line) => view.dispatch({ effects: mark.of(line) }),
  };
}
