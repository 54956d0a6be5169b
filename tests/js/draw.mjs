// What the views draw, for tests/test_widgets.py: reads settings, writes scenes and words, as JSON.
import { readFileSync } from "node:fs";

import { codeLine, formulaParts, outputSizeFacts, outputSizeScene, pictureText, readingSentence, settingSentence } from "../../dsconv_lib/widgets/static/output_size_scene.js";
import { fieldFacts, fieldSentence, operation, planeCounts, planeScene, planeText, treeScene, treeText } from "../../dsconv_lib/widgets/static/receptive_field_scene.js";
import { threeDecimals } from "../../dsconv_lib/widgets/static/shapes.js";

const drawn = ({ width, height, paths, texts }) => ({ width, height, paths: Object.fromEntries(paths), texts });

function outputSize({ chosen, width, ...setting }) {
  const facts = outputSizeFacts(setting);
  return {
    scene: drawn(outputSizeScene(facts, chosen, width)),
    words: [readingSentence(facts, chosen), settingSentence(facts), pictureText(facts, chosen)],
    formula: formulaParts(facts),
    code: codeLine(facts),
    numbers: [facts.outputs, facts.span, facts.unread],
  };
}

function receptiveField({ layers, output, width, side }) {
  const facts = fieldFacts(layers);
  const plane = planeScene(facts, side);
  return {
    tree: drawn(treeScene(facts, output, width)),
    plane: drawn(plane),
    clip: plane.clip,
    opacity: plane.opacity,
    words: [fieldSentence(facts), treeText(facts), planeText(facts), ...layers.map(operation)],
    counts: planeCounts(facts),
    numbers: [facts.size, facts.jump, facts.reached, threeDecimals(facts.density)],
  };
}

const settings = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(settings.map((one) => (one.layers ? receptiveField(one) : outputSize(one)))));
