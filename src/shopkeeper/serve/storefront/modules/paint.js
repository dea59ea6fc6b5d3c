/** Which paint does a colour word mean? Merchants' words, English and Chinese. */

const PAINTS = {
  black: "#2b2b2f", charcoal: "#4d535b", slate: "#717c88", grey: "#8d9299", gray: "#8d9299",
  silver: "#c0c5cb", titanium: "#a3a7a8", white: "#fbfaf7", ivory: "#f1e9d8", cream: "#efe4cb",
  clear: "#e3eef2", beige: "#d9c7a7", oatmeal: "#dccfb9", sand: "#cfb68c", tan: "#b98f5f",
  oak: "#c99f6a", cognac: "#a9653a", chestnut: "#8c4f31", walnut: "#7a5236", brown: "#85603f",
  chocolate: "#553626", gold: "#d3ab55", brass: "#bf9a4d", copper: "#b4713f", bronze: "#8c6a3f",
  red: "#cb3d3b", wine: "#7d2437", burgundy: "#7a2838", brick: "#ad4a38", rust: "#a8532c",
  terracotta: "#c6694a", coral: "#ef7b62", salmon: "#ea9a86", orange: "#ee7f2d",
  mustard: "#cf9a2c", yellow: "#f2c230", lemon: "#f2dc55", lime: "#9bc53d", olive: "#77793f",
  green: "#43985c", forest: "#2f5f45", emerald: "#2f7d5b", sage: "#9db195", mint: "#a5d8c0",
  teal: "#2f8f8b", turquoise: "#37b3b2", petrol: "#1f6373", blue: "#3470b8", navy: "#263b62",
  sky: "#82b9e0", indigo: "#3a4c78", purple: "#76509c", violet: "#7d559f", lavender: "#b7a6d6",
  lilac: "#c3a8d8", plum: "#693a5b", pink: "#ec9bb2", blush: "#efc3bf", rose: "#c98d8f",
  黑: "#2b2b2f", 白: "#fbfaf7", 灰: "#8d9299", 红: "#cb3d3b", 橙: "#ee7f2d", 黄: "#f2c230",
  绿: "#43985c", 蓝: "#3470b8", 紫: "#76509c", 粉: "#ec9bb2", 棕: "#85603f",
};
const SHADES = { light: 30, pale: 45, dark: -30, deep: -30 };

/** "Navy blue" → the paint of its most telling word, "light grey" → a lighter grey; else null. */
export function paint(name) {
  const words = name.toLowerCase().split(/[^a-z\u4e00-\u9fff]+/);
  const word = words.find((each) => PAINTS[each])
    ?? Object.keys(PAINTS).find((each) => each > "\u4e00" && name.includes(each));
  if (!word) return null;
  const shade = SHADES[words.find((each) => SHADES[each])] ?? 0;
  if (!shade) return PAINTS[word];
  return `color-mix(in srgb, ${PAINTS[word]} ${100 - Math.abs(shade)}%, ${
    shade > 0 ? "white" : "black"})`;
}
