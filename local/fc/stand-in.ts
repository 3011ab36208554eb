/** What runs on this machine in the place of a container, whose image cannot: a program, and where it starts. */
export interface StandIn {
  command: readonly string[];
  directory: string;
  /** Variables beside those of s.yaml, or instead of them. */
  environment?: Readonly<Record<string, string>>;
}

type Props = Record<string, unknown>;

/** A container's props as those of a function whose code is the stand-in. */
export function standingIn(props: Props, { command, directory, environment }: StandIn): Props {
  const { image: _image, ...config } = (props.customContainerConfig ?? {}) as Props;
  return {
    ...props,
    code: directory,
    customRuntimeConfig: { ...config, command },
    environmentVariables: { ...(props.environmentVariables as Props | undefined), ...environment },
  };
}
