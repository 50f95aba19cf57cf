/* Short names for the shapes of the contract. */
import type { components, operations } from "./schema";

type S = components["schemas"];

export type Me = S["Me"];
export type SignIn = S["SignIn"];
export type SecondFactorWanted = S["SecondFactorWanted"];
export type SecondFactor = S["SecondFactor"];
export type AdminUser = S["AdminUser"];
export type Membership = S["Membership"];
export type Session = S["Session"];
export type Token = S["Token"];
export type AuditEntry = S["AuditEntry"];
export type AuditList = S["AuditList"];
export type AuditProof = S["AuditProof"];
export type AuditSink = S["AuditSink"];
export type Retention = S["Retention"];
export type Passkey = S["Passkey"];
export type Identity = S["Identity"];
export type TokenCreated = S["TokenCreated"];
export type Role = S["Role"];
export type Quota = S["Quota"];
export type Usage = S["Usage"];
export type UsageUnit = S["UsageUnit"];
export type UsageWorkflow = S["UsageWorkflow"];
export type Plan = S["Plan"];
export type WorkspacePlan = S["WorkspacePlan"];
export type Member = S["Member"];
export type Domain = S["Domain"];
export type Invitation = S["Invitation"];
export type ServiceAccount = S["ServiceAccount"];
export type Share = S["Share"];
export type Shares = S["Shares"];
export type ConnectionShareUpdate = S["ConnectionShareUpdate"];
export type Workspace = S["Workspace"];
export type Outgoing = S["Outgoing"];
export type OutgoingSet = S["OutgoingSet"];
export type Connector = S["Connector"];
export type Connection = S["Connection"];
export type ConnectionDetail = S["ConnectionDetail"];
export type ConnectionCreate = S["ConnectionCreate"];
export type ConnectionUpdate = S["ConnectionUpdate"];
export type CryptoKey = S["Key"];
export type WorkflowSummary = S["WorkflowSummary"];
export type Workflow = S["Workflow"];
export type Definition = S["Definition"];
export type DefinitionNode = S["Node"];
export type DefinitionEdge = S["Edge"];
export type DefinitionIssue = S["DefinitionIssue"];
export type VersionSummary = S["VersionSummary"];
export type Version = S["Version"];
export type VersionList = S["VersionList"];
export type VersionDiff = S["VersionDiff"];
export type FieldDiff = S["FieldDiff"];
export type Replay = S["Replay"];
export type ReplayRun = S["ReplayRun"];
export type ReplayRunList = S["ReplayRunList"];
export type ReplayDifference = S["ReplayDifference"];
export type Trigger = S["Trigger"];
export type TriggerRotate = S["TriggerRotate"];
export type Run = S["Run"];
export type RunSummary = S["RunSummary"];
export type RunList = S["RunList"];
export type Step = S["Step"];
export type StepList = S["StepList"];
export type LogLine = S["LogLine"];
export type NodeType = S["NodeType"];

export type AuditFilter = Omit<
  NonNullable<operations["audit_list"]["parameters"]["query"]>,
  "limit" | "cursor"
>;
export type RunFilter = Omit<
  NonNullable<operations["run_list"]["parameters"]["query"]>,
  "limit" | "cursor"
>;
export type DeadLetter = S["DeadLetter"];
export type DeadLetterList = S["DeadLetterList"];
export type DeadLetterFilter = Pick<
  NonNullable<operations["dead_letter_list"]["parameters"]["query"]>,
  "workflow_id" | "reason"
>;
export type WorkflowFilter = Omit<
  NonNullable<operations["workflow_list"]["parameters"]["query"]>,
  "limit" | "cursor"
>;
export type RunStatus = RunSummary["status"];
