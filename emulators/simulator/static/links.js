// Addresses that mean something inside the simulator: t.me and tg:// links.

/** {username, start?, startgroup?} for a link to a bot or a chat, else null. */
export function parseTelegramLink(address) {
  let url;
  try {
    url = new URL(/^[a-z]+:/i.test(address) ? address : `https://${address}`);
  } catch {
    return null;
  }
  if (url.protocol === "tg:") return fromScheme(url);
  if (!["t.me", "telegram.me"].includes(url.hostname) || !/^https?:$/.test(url.protocol)) return null;
  const parts = url.pathname.split("/").filter(Boolean);
  if (parts.length !== 1 || !/^\w{3,}$/.test(parts[0]) || parts[0] === "share") return null;
  return withPayloads(parts[0], url.searchParams);
}

function fromScheme(url) {
  const kind = url.hostname || url.pathname.replace(/\//g, "");
  const username = url.searchParams.get("domain");
  return kind === "resolve" && username ? withPayloads(username, url.searchParams) : null;
}

function withPayloads(username, values) {
  const link = { username };
  for (const name of ["start", "startgroup"]) if (values.has(name)) link[name] = values.get(name);
  return link;
}

/** A web address that is safe to open, else null (never javascript: or data:). */
export function safeAddress(address) {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
