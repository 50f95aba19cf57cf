import { t } from "../../../text/en";
import { Select } from "../../../ui/Input";
import { useRoles } from "./queries";

interface RoleSelectProps {
  id?: string;
  label?: string;
  value: string;
  /** Roles that can't be chosen here. */
  without?: readonly string[];
  disabled?: boolean;
  onChange: (role: string) => void;
}

/** The five roles, then those of the workspace; the present one is there also while they load. */
export function RoleSelect({ label, value, without = [], onChange, ...rest }: RoleSelectProps) {
  const roles = useRoles();
  const offered = (roles.data ?? [])
    .filter((role) => role.name === value || !without.includes(role.name))
    .map((role) => ({
      value: role.name,
      label: role.name,
      group: role.is_own ? t.team.rolesOwn : t.team.rolesFixed,
    }));
  return (
    <Select
      {...rest}
      compact={label !== undefined}
      aria-label={label}
      value={value}
      options={offered.length > 0 ? offered : [{ value, label: value }]}
      onChange={(e) => onChange(e.target.value)}
    />
  );
}
