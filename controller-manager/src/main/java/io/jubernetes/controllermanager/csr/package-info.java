/// Certificate signing requests: approves those of nodes that may have one, signs what is approved.
/// [io.jubernetes.controllermanager.csr.SigningRules] holds the rules of the built-in signers.
@NullMarked
package io.jubernetes.controllermanager.csr;

import org.jspecify.annotations.NullMarked;
