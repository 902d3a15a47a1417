// Makes a link with one FHIR resource: node write.mjs BASE RESOURCE COMPRESSED EMBEDDED_LENGTH_MAX
import { SHL, SHLManifestBuilder } from "kill-the-clipboard";

const [baseManifestURL, resource, compressed, most] = process.argv.slice(2);
const shl = SHL.generate({
  baseManifestURL,
  expirationDate: new Date("2100-01-01T00:00:00Z"),
  flag: "LP",
  label: "Результаты",
});
const stored = new Map();
const builder = new SHLManifestBuilder({
  shl,
  uploadFile: async (content) => {
    const path = `file-${stored.size}`;
    stored.set(path, content);
    return path;
  },
  getFileURL: async (path) => `${baseManifestURL}/${path}`,
  loadFile: async (path) => stored.get(path),
});
await builder.addFHIRResource({
  content: JSON.parse(resource),
  enableCompression: compressed === "true",
});
const manifest = await builder.buildManifest({ embeddedLengthMax: Number(most) });
console.log(JSON.stringify({ link: shl.toURI(), manifest, files: Object.fromEntries(stored) }));
