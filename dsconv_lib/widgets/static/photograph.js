// The photograph of the book, and grey pictures as a page shows them: bytes 0 to 254, 255 is a fault.
import PHOTOGRAPH from "./photograph.json" with { type: "json" };

/** Bytes from text, inflated; the pixels are the sums of the steps. */
async function unpacked({ rows, columns, deflated }) {
  const bytes = Uint8Array.from(atob(deflated), (sign) => sign.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const pixels = new Uint8Array(await new Response(inflated).arrayBuffer());
  for (let i = 1; i < pixels.length; i++) pixels[i] += pixels[i - 1];
  return { rows, columns, pixels };
}

export const PHOTO = await unpacked(PHOTOGRAPH);

const FAULT = [213, 94, 0]; // vermilion
export const colourOf = (level) => (level === 255 ? FAULT : [0, 1, 2].map(() => Math.round(level * 255 / 254)));

/** A picture as the address of a bitmap, every second pixel of it. */
export function bitmap({ rows, columns, pixels }) {
  const [tall, wide] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
  const stride = Math.ceil(wide / 4) * 4;
  const start = 54 + 4 * 256;
  const bytes = new Uint8Array(start + stride * tall);
  const view = new DataView(bytes.buffer);
  bytes.set([66, 77]);
  for (const [at, value] of [[2, bytes.length], [10, start], [14, 40], [18, wide], [22, tall]]) {
    view.setUint32(at, value, true);
  }
  view.setUint16(26, 1, true);
  view.setUint16(28, 8, true);
  for (let level = 0; level < 256; level++) bytes.set([...colourOf(level)].reverse(), 54 + 4 * level);
  for (let row = 0; row < tall; row++) {
    for (let column = 0; column < wide; column++) {
      bytes[start + (tall - 1 - row) * stride + column] = pixels[2 * row * columns + 2 * column];
    }
  }
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `data:image/bmp;base64,${btoa(text)}`;
}

const MOST_SIDE = 256;
const LEAST_SIDE = 8;
const MOST_BYTES = 40e6;

/** A file as a picture: { rows, columns, pixels }, or the name of what is wrong with it. */
export async function pictureOf(file) {
  if (file.size > MOST_BYTES) return "too_large";
  let bitmapOf;
  try {
    bitmapOf = await createImageBitmap(file);
  } catch {
    return "no_picture";
  }
  const { width, height } = bitmapOf;
  const scale = Math.min(1, MOST_SIDE / Math.max(width, height));
  const [rows, columns] = [height, width].map((side) => Math.round(side * scale));
  if (Math.min(rows, columns) < LEAST_SIDE) return "too_small";
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white"; // behind what is transparent
  context.fillRect(0, 0, columns, rows);
  context.drawImage(bitmapOf, 0, 0, columns, rows);
  bitmapOf.close();
  const { data } = context.getImageData(0, 0, columns, rows);
  const pixels = Uint8Array.from({ length: rows * columns }, (_, i) =>
    Math.round((data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3 * 254 / 255));
  return { rows, columns, pixels };
}
