# Sourced by ./test and by the launcher's build: finds the .NET SDK and gives it a home it can write to.
# Expects: root. Sets: dotnet.

# Prints what to install and fails when there is no SDK that global.json accepts.
find_dotnet() {
  for dotnet in dotnet "${DOTNET_ROOT:-/nowhere}/dotnet" "${HOME:-/nowhere}/.dotnet/dotnet" \
    /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet /usr/local/share/dotnet/dotnet; do
    if command -v "$dotnet" >/dev/null 2>&1; then
      dotnet=$(command -v "$dotnet")
      break
    fi
    dotnet=
  done

  wanted=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$root/global.json")
  if [ -z "$dotnet" ]; then
    echo "beadswarm: the .NET SDK is not on PATH: install the .NET SDK $wanted or a later 10.0 one" \
      '(package dotnet-sdk-10.0, or the installer from dot.net)' >&2
    return 9
  fi

  use_writable_home
  if ! (cd "$root" && "$dotnet" --version) >/dev/null 2>&1; then
    echo "beadswarm: $dotnet has no SDK that fits: install the .NET SDK $wanted or a later 10.0 one. It has:" >&2
    (cd / && "$dotnet" --list-sdks) >&2
    return 9
  fi
}

# The SDK and NuGet keep settings and packages in HOME. Where that is unusable the account's own home serves,
# since a machine's package sources are configured there; else a folder of ours.
use_writable_home() {
  DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
  DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1
  export DOTNET_CLI_TELEMETRY_OPTOUT DOTNET_NOLOGO DOTNET_SKIP_FIRST_TIME_EXPERIENCE
  export DOTNET_GENERATE_ASPNET_CERTIFICATE DOTNET_CLI_USE_MSBUILD_SERVER MSBUILDDISABLENODEREUSE
  # MSBuild reads every variable as a property: what a surrounding build or a profile has set must not steer ours.
  unset Platform PLATFORM Configuration CONFIGURATION MSBuildSDKsPath MSBuildExtensionsPath MSBuildLoadMicrosoftTargetsReadOnly

  if [ -n "${HOME-}" ] && [ -d "$HOME" ] && [ -w "$HOME" ]; then
    return
  fi

  HOME=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
  if [ -z "$HOME" ] || [ ! -d "$HOME" ] || [ ! -w "$HOME" ]; then
    HOME=$root/artifacts/home
    mkdir -p "$HOME"
  fi
  export HOME
}
