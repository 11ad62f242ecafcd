package io.jubernetes.apiserver.authn;

import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The tokens of `--token-auth-file`: lines of `token,user,uid[,"group1,group2"]`. Kept and compared as
/// digests, so that neither memory dumps nor timing tell a token.
public final class StaticTokens implements TokenAuthenticator {
    private final Map<String, UserInfo> byDigest;

    private StaticTokens(Map<String, UserInfo> byDigest) {
        this.byDigest = Map.copyOf(byDigest);
    }

    /// @throws StartupException when the file cannot be read or a line has fewer than three columns
    public static StaticTokens read(Path file) throws StartupException {
        Map<String, UserInfo> users = new HashMap<>();
        try {
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                String[] columns = line.split(",", 4);
                if (columns.length < 3) {
                    throw new StartupException("--token-auth-file: " + file + " line " + number
                            + " has fewer than three columns; write token,user,uid and optionally \"groups\"");
                }
                List<String> groups = new java.util.ArrayList<>();
                if (columns.length == 4) {
                    for (String group : columns[3].strip().replace("\"", "").split(",")) {
                        if (!group.isBlank()) {
                            groups.add(group.strip());
                        }
                    }
                }
                groups.add(UserInfo.AUTHENTICATED_GROUP);
                users.put(
                        digest(columns[0].strip()),
                        new UserInfo(columns[1].strip(), columns[2].strip(), groups, Map.of()));
            }
        } catch (IOException e) {
            throw new StartupException(
                    "--token-auth-file: cannot read " + file + "; name an existing CSV file this user may read", e);
        }
        return new StaticTokens(users);
    }

    @Override
    public Optional<UserInfo> authenticate(String token) {
        return Optional.ofNullable(byDigest.get(digest(token)));
    }

    static String digest(String token) {
        return Sha256.hex(token);
    }
}
