export const outgoing = {
  title: "Outgoing calls",
  text: "Where the workflows of this workspace may call. A change is in force within a second, for runs under way too.",
  failed: "The settings could not be loaded",
  which: "Which hosts",
  every: "Every public host",
  only: "Only these",
  hosts: "Hosts",
  hostsHint:
    "One a line: api.example.com, *.example.com for all below it, or either with a port. None at all closes every way out.",
  networks: "Inner networks",
  networksHint:
    "One a line: 10.1.0.0/16 or 10.1.2.3:443. Only what the installation lets workspaces list is reached.",
  proxy: "Proxy",
  proxyHint: "http://host:port. Empty: the installation's, if it has one.",
  user: "Proxy user",
  userHint: "Only where the proxy asks for somebody. Empty: it is told nobody.",
  password: "Proxy password",
  passwordHint: "Stored sealed, and never shown again.",
  passwordSet: "One is stored. Leave this empty to keep it; another proxy or user needs it again.",
  set: "set",
  line: (n: number, issue: string) => `Line ${n}: ${issue}`,
};
