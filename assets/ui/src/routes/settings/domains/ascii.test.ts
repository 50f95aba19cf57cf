import { describe, expect, it } from "vitest";
import { asciiDomain } from "./ascii";

describe("a domain on its way to the server (U13)", () => {
  it("is written as in DNS", () => {
    expect(asciiDomain(" Bücher.example ")).toBe("xn--bcher-kva.example");
    expect(asciiDomain("example.com")).toBe("example.com");
  });

  it("stays as it was typed when it is none, for the server to say so", () => {
    for (const text of ["", "a b", "ü/x.example", "é@ü.example", "ü.example:80"]) {
      expect(asciiDomain(text)).toBe(text);
    }
  });
});
