// generate.mjs - makes one TypeScript constant of each rendered manifest, so that
// the compiler finds wrong types and unknown fields.
//   kubectl kustomize DIR | node generate.mjs > manifests.ts
import fs from "node:fs";
import yaml from "js-yaml";

const documents = yaml.loadAll(fs.readFileSync(0, "utf8"));
const imports = new Set();
const lines = [];
documents.forEach((document, i) => {
  const path = document.apiVersion === "v1" ? "v1" : document.apiVersion;
  const name = `I${document.kind}`;
  const alias = `${name}_${path.replace(/\W/g, "_")}`;
  imports.add(`import type { ${name} as ${alias} } from "kubernetes-models/${path}/${document.kind}";`);
  lines.push(`export const d${i}: ${alias} = ${JSON.stringify(document, null, 2)};`);
});
if (documents.length === 0) throw new Error("nothing was rendered");
console.log([...imports, ...lines].join("\n"));
console.error(`${documents.length} manifests`);
