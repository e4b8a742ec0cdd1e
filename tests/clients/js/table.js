// The table of cases that the clients share; ../table.py says how expected values are written.
const operations = require("../cases.json");

function patched(value, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const members = { ...value };
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete members[name];
    else members[name] = patched(members[name], change);
  }
  return members;
}

// Every place where `actual` is not what the table expects, after `sent` was sent.
function mismatches(expected, actual, sent, at = "") {
  if (typeof expected === "string" && expected.startsWith("@/")) expected = found(sent, expected.slice(1));
  if (isObject(expected) && isObject(actual)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...names].flatMap((name) => mismatches(expected[name], actual[name], sent, `${at}/${name}`));
  }
  return same(expected, actual) ? [] : [`${at || "/"}: expected ${show(expected)}, parsed ${show(actual)}`];
}

function same(expected, actual) {
  if (expected === "@datetime") return actual instanceof Date && !isNaN(actual);
  if (typeof expected === "string" && expected.startsWith("~")) {
    return typeof actual === "string" && new RegExp(`^(?:${expected.slice(1)})$`).test(actual);
  }
  return Object.is(expected, actual);
}

const isObject = (value) => typeof value === "object" && value !== null && !(value instanceof Date);
const found = (value, pointer) => pointer.split("/").slice(1).reduce((at, name) => at[name], value);
const show = (value) => JSON.stringify(value) ?? "nothing";

module.exports = { operations, patched, mismatches };
