import { assertEquals } from "@std/assert";
import { parseFileParts } from "./multipart.ts";

async function encode(form: FormData) {
  const request = new Request("http://localhost", {
    method: "POST",
    body: form,
  });
  const type = request.headers.get("content-type") ?? "";
  return { bytes: await request.bytes(), type };
}

Deno.test("parseFileParts() gives names, types and bytes as they were sent", async () => {
  const form = new FormData();
  const bytes = crypto.getRandomValues(new Uint8Array(5_000));
  form.append("note", "no file");
  form.append("files", new File([bytes], "ün;x.bin", { type: "image/png" }));
  form.append("files", new File(["\r\n--\r\n"], "b"));
  const encoded = await encode(form);
  const parts = parseFileParts(encoded.bytes, encoded.type);
  assertEquals(parts?.map((part) => [part.field, part.name]), [
    ["files", "ün;x.bin"],
    ["files", "b"],
  ]);
  assertEquals(parts?.[0]?.mimeType, "image/png");
  assertEquals(parts?.[0]?.bytes, bytes);
  assertEquals(new TextDecoder().decode(parts?.[1]?.bytes), "\r\n--\r\n");
});

Deno.test("parseFileParts() reads a form without parts", async () => {
  const { bytes, type } = await encode(new FormData());
  assertEquals(parseFileParts(bytes, type), []);
});

Deno.test("parseFileParts() refuses what is no form, or not all of it", async () => {
  const form = new FormData();
  form.append("files", new File(["abc"], "a"));
  const { bytes, type } = await encode(form);
  assertEquals(parseFileParts(bytes, "application/json"), undefined);
  assertEquals(parseFileParts(bytes.slice(0, -4), type), undefined);
  assertEquals(parseFileParts(new Uint8Array(), type), undefined);
});
