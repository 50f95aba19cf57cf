/* Passkeys: what the browser's credential API takes and gives, as the contract has it (bytes are base64url). */
import { api, data } from "./client";

export const passkeysWork = () => typeof window.PublicKeyCredential === "function";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (b) => String.fromCharCode(b)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Makes a passkey with this browser and stores its public half. Rejects when the person calls it off. */
export async function addPasskey(name: string) {
  const options = await data(api.POST("/api/v1/passkeys/options"));
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(options.challenge),
      rp: { id: options.rp_id, name: "Millrace" },
      user: {
        id: bytesOf(options.user.id),
        name: options.user.name,
        displayName: options.user.display_name,
      },
      pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: options.exclude.map((id) => ({ type: "public-key", id: bytesOf(id) })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
      timeout: options.timeout_ms,
    },
  })) as PublicKeyCredential;
  const answer = made.response as AuthenticatorAttestationResponse;
  return data(
    api.POST("/api/v1/passkeys", {
      body: {
        name,
        client_data: textOf(answer.clientDataJSON),
        attestation: textOf(answer.attestationObject),
      },
    }),
  );
}

/** Signs in with a passkey that the person chooses. Rejects when it is called off. */
export async function signInWithPasskey() {
  const options = await data(api.POST("/api/v1/auth/passkey/options"));
  const used = (await navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(options.challenge),
      rpId: options.rp_id,
      userVerification: "required",
      timeout: options.timeout_ms,
    },
  })) as PublicKeyCredential;
  const answer = used.response as AuthenticatorAssertionResponse;
  return data(
    api.POST("/api/v1/auth/passkey", {
      body: {
        id: textOf(used.rawId),
        client_data: textOf(answer.clientDataJSON),
        authenticator_data: textOf(answer.authenticatorData),
        signature: textOf(answer.signature),
        user_handle: answer.userHandle ? textOf(answer.userHandle) : null,
      },
    }),
  );
}

/** The person called it off, or no passkey fits: nothing that the server refused. */
export function wasCalledOff(error: unknown): boolean {
  return (
    error instanceof DOMException &&
    (error.name === "NotAllowedError" || error.name === "AbortError")
  );
}
