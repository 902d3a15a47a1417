// Opens a link as a doctor's software would: node read.mjs LINK RECIPIENT PASSCODE [embeddedLengthMax]
import { SHLViewer } from "kill-the-clipboard";

const [shlinkURI, recipient, passcode, most] = process.argv.slice(2);
try {
  const viewer = new SHLViewer({ shlinkURI });
  const { fhirResources } = await viewer.resolveSHL({
    recipient,
    passcode,
    embeddedLengthMax: most === undefined ? undefined : Number(most),
  });
  const { label, flag, exp } = viewer.shl;
  console.log(JSON.stringify({ label, flag, exp, resources: fhirResources }));
} catch (error) {
  console.log(JSON.stringify({ error: error.code, message: error.message }));
}
