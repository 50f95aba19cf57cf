import { account } from "./account";
import { audit, dataText } from "./audit";
import { auth } from "./auth";
import { canvas } from "./canvas";
import { connections, keys } from "./connections";
import { deadLetters } from "./deadLetters";
import { domains } from "./domains";
import { editor } from "./editor";
import { forms } from "./forms";
import { home } from "./home";
import { hooks } from "./hooks";
import { identity } from "./identity";
import { outgoing } from "./outgoing";
import { people } from "./people";
import { run } from "./run";
import { runs } from "./runs";
import { settings } from "./settings";
import { shell } from "./shell";
import { state, workflowState } from "./stateWords";
import { team } from "./team";
import { ui } from "./ui";
import { usage } from "./usage";
import { versions } from "./versions";
import { workflows } from "./workflows";

/** Every sentence of the app. */
export const t = {
  ui,
  shell,
  canvas,
  editor,
  forms,
  audit,
  account,
  hooks,
  auth,
  connections,
  keys,
  data: dataText,
  deadLetters,
  domains,
  home,
  identity,
  outgoing,
  people,
  workflows,
  versions,
  runs,
  run,
  settings,
  usage,
  team,
  state,
  workflowState,
};
