import type { GatewayError } from '#shared/errors.ts';
import { errorObject } from './error-object.ts';

/** @param fields how a chat's fields, of which backends speak, are called here, such as `messages` */
export function errorObjectFor(
  fields: Readonly<Record<string, string>>,
): (error: GatewayError) => ReturnType<typeof errorObject> {
  return (error) => {
    const { error: told } = errorObject(error);
    return { error: { ...told, param: fields[told.param ?? ''] ?? told.param } };
  };
}
