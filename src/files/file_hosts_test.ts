import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { FileHosts } from "./file_hosts.ts";

const hosts = new FileHosts([
  "Files.Example.com",
  "other.example.com:8443",
  "127.0.0.1:8080",
  "::1",
  "plain.example.com:80",
]);

for (
  const [url, is] of [
    ["https://files.example.com/a", true],
    ["http://files.example.com/a", true],
    ["https://FILES.example.com:443/a", true],
    ["https://files.example.com:8443/a", false],
    ["https://other.example.com:8443/a", true],
    ["https://other.example.com/a", false],
    ["http://127.0.0.1:8080/", true],
    ["http://127.1:8080/", true],
    ["http://0x7f000001:8080/", true],
    ["http://127.0.0.1/", false],
    ["http://[::1]/", true],
    ["http://plain.example.com/", true],
    ["https://plain.example.com/", false],
    ["https://files.example.com./a", false],
    ["https://sub.files.example.com/a", false],
    ["https://files.example.com.evil.example/a", false],
    ["https://files.example.com@evil.example/a", false],
    ["https://user:secret@files.example.com/a", false],
    ["https://evil.example/https://files.example.com", false],
    ["ftp://files.example.com/a", false],
    ["file:///etc/passwd", false],
  ] as const
) {
  Deno.test(`FileHosts ${is ? "allows" : "does not allow"} ${url}`, () => {
    assertEquals(hosts.allows(new URL(url)), is);
  });
}

Deno.test("FileHosts knows which addresses were named themselves", () => {
  const url = new URL("http://nas.lan:8080/a");
  assertEquals(hosts.names("127.0.0.1", url), true);
  assertEquals(hosts.names("127.0.0.1", new URL("http://nas.lan/a")), false);
  assertEquals(hosts.names("10.0.0.1", url), false);
  assertEquals(hosts.names("::1", new URL("http://nas.lan/a")), true);
});

for (
  const bad of [
    "",
    "*",
    "*.example.com",
    "https://files.example.com",
    "files.example.com/a",
    "user@files.example.com",
    "files.example.com:99999",
    "two hosts",
    7,
  ]
) {
  Deno.test(`FileHosts refuses ${JSON.stringify(bad)}`, () => {
    assertThrows(
      () => new FileHosts([bad as string]),
      UsageError,
      "allowFileHosts",
    );
  });
}
