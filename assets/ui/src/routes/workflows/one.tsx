export function WorkflowPage({ id }: { id: string }) {
  return id;
}
