package io.jubernetes.kubelet.runtime;

/// Credentials for one registry. Never logged.
public record RegistryAuth(String server, String username, String password, String identityToken) {
    @Override
    public String toString() {
        return "RegistryAuth[" + server + "]";
    }
}
