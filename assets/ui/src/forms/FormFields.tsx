import { FormItem } from "./FormItem";
import { type Config, type FieldSchema, fieldsOf } from "./schema";

interface FormFieldsProps {
  schema: FieldSchema;
  config: Config;
  onField: (name: string, value: unknown) => void;
  onBlur: (name: string) => void;
  errorOf: (name: string) => string | undefined;
  /** Of a form inside a list: said before the names of its fields. */
  within?: string;
}

/** The fields of an object schema, one below the other. */
export function FormFields({ schema, config, onField, onBlur, errorOf, within }: FormFieldsProps) {
  return (
    <>
      {fieldsOf(schema, config).map((field) => (
        <FormItem
          key={field.name}
          field={field}
          value={config[field.name]}
          siblings={config}
          error={errorOf(field.name)}
          onChange={(value) => onField(field.name, value)}
          onBlur={() => onBlur(field.name)}
          within={within}
        />
      ))}
    </>
  );
}
