//! Role syntax. Source of facts: `docs/mesos.md#roles`.

/// Checks a role; the error is the text that Mesos gives.
pub fn check(role: &str) -> Result<(), String> {
    if role == "*" {
        return Ok(());
    }
    if role.is_empty() {
        return Err("Empty role name is invalid".to_owned());
    }
    if role.starts_with('/') {
        return Err(format!("Role '{role}' cannot start with a slash"));
    }
    if role.ends_with('/') {
        return Err(format!("Role '{role}' cannot end with a slash"));
    }
    if role.contains("//") {
        return Err(format!("Role '{role}' cannot contain two adjacent slashes"));
    }
    role.split('/').try_for_each(component)
}

fn component(name: &str) -> Result<(), String> {
    let invalid = |why: &str| Err(format!("Role component '{name}' is invalid because it {why}"));
    if matches!(name, "." | ".." | "*") {
        return Err(format!("Role component '{name}' is invalid"));
    }
    if name.starts_with('-') {
        return invalid("starts with a dash");
    }
    if name.chars().any(|c| matches!(c, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ' | '\x7f')) {
        return invalid("contains backspace or whitespace");
    }
    Ok(())
}

/// Whether resources reserved for `reserved` may be offered to `role`: its own and its ancestors'.
pub fn may_use(role: &str, reserved: &str) -> bool {
    reserved == "*"
        || role == reserved
        || role.strip_prefix(reserved).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_checked_as_mesos_does() {
        for good in ["*", "heron", "a/b", "a-b"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "/a", "a/", "a//b", "a/..", "-a", "a b", "a/*"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reserved_resources_go_to_the_role_and_its_children() {
        assert!(may_use("a/b", "a") && may_use("a", "a") && may_use("a", "*"));
        assert!(!may_use("ab", "a") && !may_use("a", "a/b"));
    }
}
